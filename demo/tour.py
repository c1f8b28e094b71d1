"""What `make demo` says when it is ready: six steps, with links and logins."""

from demo.installation import Installation
from demo.utility.structure import STAFF_ROLES


def show(demo: Installation, *, third_party: str, seconds: float) -> None:
    """Print the tour. The passwords are this installation's own and stand in demo.json too."""
    base = demo.base_url
    logins = {user["role"]: user for user in reversed(demo.users)}
    owner, staff, contact = logins["owner"], logins["staff"], logins["contact"]
    roles = [user for user in demo.users if user["email"] in {email for email, _name, _role in STAFF_ROLES}]
    clerks = "\n".join(f"     {user['email']:<28} {user['password']}" for user in roles)
    print(
        f"""
Ready after {seconds:.0f} seconds: {base}

A tour in six steps
  1. Look around as a customer   {base}/my/
     {owner["email"]}  {owner["password"]}
  2. Let a company ask you       {third_party}  ("Connect my utility")
     drop a line, untick a service, shorten a period, then share
  3. See who reads what          {base}/my/sharing/
  4. Stop it, and try again      "Stop sharing", then reload the company's page
  5. Be the company             {base}/developer/
     {contact["email"]}  {contact["password"]}
  6. Run it as staff             {base}/admin/
     {staff["email"]}  {staff["password"]}
     With the rights of a role (the one of support can confirm a consent that "staff" recorded by phone):
{clerks}

All logins and clients: {demo.var_dir / "demo.json"}
Mail lands in {demo.var_dir / "mail"}; logs in {demo.var_dir / "logs"}. Ctrl-C stops everything.""",
        flush=True,
    )
