"""Deploy templates: what can be done with them, and what makes one contradict itself."""

from bessemer.baremetal.domain.deploy_template import DeployTemplate, check_different
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.records import Keeping
from bessemer.baremetal.store.deploy_templates import DEPLOY_TEMPLATES


def deploy_templates(desk: Desk) -> Keeping[DeployTemplate]:
    """All of them."""
    return Keeping(desk, DEPLOY_TEMPLATES, lambda template: check_different(template.steps))
