# Each person's server decides by the hub's policies what is done in it.
import os

from notegate.jupyter_server import protect

c = get_config()  # noqa: F821

protect(c, bundle=os.environ["POLICIES"], records=os.environ["SERVER_RECORDS"])
c.KernelProvisionerFactory.default_provisioner_name = "notegate"
