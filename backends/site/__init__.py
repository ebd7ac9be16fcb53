"""What a site has decided: the settings of `/etc/mailtui/site.toml`."""
