# SPDX-License-Identifier: BSD-3-Clause
# A module of Unbound between ours and the iterator: an answer to a name that starts with "bait."
# waits here, stored by the iterator and not yet seen by us, for as long as the file BETWEEN_DIR/hold
# is there. That it waits, the file BETWEEN_DIR/held says.
import os
import time

folder = os.environ["BETWEEN_DIR"]


def init(id, cfg):
    return True


def deinit(id):
    return True


def inform_super(id, qstate, superqstate, qdata):
    return True


def wait():
    if not os.path.exists(folder + "/hold"):
        return
    open(folder + "/held", "w").close()
    while os.path.exists(folder + "/hold"):
        time.sleep(0.01)


def operate(id, event, qstate, qdata):
    if event in (MODULE_EVENT_NEW, MODULE_EVENT_PASS):
        qstate.ext_state[id] = MODULE_WAIT_MODULE
    elif event == MODULE_EVENT_MODDONE:
        if qstate.qinfo.qname_str.lower().startswith("bait."):
            wait()
        qstate.ext_state[id] = MODULE_FINISHED
    else:
        qstate.ext_state[id] = MODULE_ERROR
    return True
