"""Who may do what in the image room: one table of rules by their names in Glance."""

from typing import Final

from bessemer.web.policies import MEMBERS, READERS, Rules

# fmt: off
RULES: Final[Rules] = {
    "get_images":       READERS,
    "get_image":        READERS,
    "download_image":   READERS,
    "add_image":        MEMBERS,
    "modify_image":     MEMBERS,
    "upload_image":     MEMBERS,
    "delete_image":     MEMBERS,
    "deactivate":       MEMBERS,
    "reactivate":       MEMBERS,
    "stores_info":      READERS,
    "import_info":      READERS,
    "get_schemas":      READERS,
}
# fmt: on
