"""Sites: activation, resources, qualified people, accepted versions."""
