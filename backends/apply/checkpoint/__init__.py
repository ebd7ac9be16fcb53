"""Never half a change: files are registered before they are changed, replaced together, and can be brought back."""
