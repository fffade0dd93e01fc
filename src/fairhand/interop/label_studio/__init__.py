"""The calls of Label Studio's API that scripts live by, answered by our own stories."""
