"""What `make demo` says when it is ready: five steps, with links and logins."""

from cdsc_portal.demo.installation import Installation


def show(demo: Installation, *, third_party: str, seconds: float) -> None:
    """Print the tour. The passwords are this installation's own and stand in demo.json too."""
    base = demo.base_url
    logins = {user["role"]: user for user in reversed(demo.users)}
    owner, staff = logins["owner"], logins["staff"]
    print(
        f"""
Ready after {seconds:.0f} seconds: {base}

A tour in five steps
  1. Look around as a customer   {base}/my/
     {owner["email"]}  {owner["password"]}
  2. Let a company ask you       {third_party}  ("Connect my utility")
     drop a line, untick a service, shorten a period, then share
  3. See who reads what          {base}/my/sharing/
  4. Stop it, and try again      "Stop sharing", then reload the company's page
  5. Run it as staff             {base}/admin/
     {staff["email"]}  {staff["password"]}

All logins and clients: {demo.var_dir / "demo.json"}
Mail lands in {demo.var_dir / "mail"}; logs in {demo.var_dir / "logs"}. Ctrl-C stops everything.""",
        flush=True,
    )
