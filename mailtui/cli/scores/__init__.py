"""`mailtui scores`: options, what is counted, and how it is printed or drawn."""
