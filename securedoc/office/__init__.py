"""An opened vault: everything that a journey works with."""
