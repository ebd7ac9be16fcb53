"""The bundled reference configuration, as data: a folder for each component with its manifest and templates."""
