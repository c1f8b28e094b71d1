"""What staff type on one line holds no line break and no sign that cannot be seen."""

from django import forms

from cdsc_portal.lib.text.one_line import validate_one_line


def on_one_line(field: forms.Field | None) -> forms.Field | None:
    """A form's field with the rule where it is one line of text; texts of several lines stay as they are."""
    is_text = isinstance(field, forms.CharField) and not isinstance(field.widget, forms.Textarea)
    if field is not None and is_text and validate_one_line not in field.validators:
        field.validators.append(validate_one_line)
    return field
