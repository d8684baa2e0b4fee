"""Telling people (the bell, e-mail) and other systems (webhooks) what has come to them."""
