"""What the frame of each page needs, also where there is no request: error pages have none."""

from django import template

from cdsc_portal.web.stylesheet import stylesheet_address

register = template.Library()
register.simple_tag(stylesheet_address)
