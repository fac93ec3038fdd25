"""How Django draws a field of a form: label, help and problems as `templates/components/field.html` has them."""

from django.forms.renderers import TemplatesSetting


class PortalFields(TemplatesSetting):
    field_template_name = "components/field.html"
