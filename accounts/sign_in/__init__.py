"""How people get in: e-mail and password through allauth; nobody signs themselves up."""
