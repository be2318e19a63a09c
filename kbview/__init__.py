"""kbview: where a packet is between the NIC and the application, live, and what each step costs."""

import os

__version__ = "0.1.0"

if os.environ.get("KBVIEW_PURE"):
    from kbview.pure import leave_out_compiled

    leave_out_compiled()
