# SPDX-License-Identifier: Apache-2.0

"""Sphinx: the pages, and the manual page of kuryr-sctp-demo."""

project = "kuryrsctp"
copyright = "kuryrsctp contributors"  # noqa: A001, the name is Sphinx's

extensions = [
    "cliff.sphinxext",
    "openstackdocstheme",
    "reno.sphinxext",
    "sphinx.ext.autodoc",
]

html_theme = "openstackdocs"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
templates_path = ["_templates"]
# Who reads these pages is nobody's business: they load nothing from elsewhere.
html_theme_options = {
    "analytics_tracking_code": "",
    "display_badge": False,
    "sidebar_search": True,
}
openstackdocs_auto_name = False
openstackdocs_bug_project = ""
openstackdocs_auto_version = True
pygments_style = "native"
# Two hyphens are an option, and no dash.
smartquotes = False

autodoc_typehints = "description"

autoprogram_cliff_application = "openstack"

man_pages = [
    (
        "man/kuryr-sctp-demo",
        "kuryr-sctp-demo",
        "answer SCTP messages with the host's name",
        "kuryrsctp contributors",
        1,
    )
]
