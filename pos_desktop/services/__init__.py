"""The verbs of a till: each public method is one use case and one transaction."""
