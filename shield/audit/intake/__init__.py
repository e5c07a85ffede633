"""Cases from outside: read from other tools' files and logs, cleaned, checked, and added whole."""
