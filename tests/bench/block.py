# SPDX-License-Identifier: BSD-3-Clause
# The rule of tests/bench/resolver.sh in Unbound's python module, as its examples do it: all of
# ml. is NXDOMAIN, and a line in Unbound's log says who asked for what.


def init(id, cfg):
    return True


def deinit(id):
    return True


def inform_super(id, qstate, superqstate, qdata):
    return True


def block(id, qstate):
    asker = qstate.mesh_info.reply_list.query_reply
    log_info("blocked %s %s %s" % (asker.addr, qstate.qinfo.qname_str, qstate.qinfo.qtype_str))
    qstate.return_rcode = RCODE_NXDOMAIN
    qstate.ext_state[id] = MODULE_FINISHED
    return True


def operate(id, event, qstate, qdata):
    if event in (MODULE_EVENT_NEW, MODULE_EVENT_PASS):
        if qstate.qinfo.qname_str.lower().endswith(".ml."):
            return block(id, qstate)
        qstate.ext_state[id] = MODULE_WAIT_MODULE
    elif event == MODULE_EVENT_MODDONE:
        qstate.ext_state[id] = MODULE_FINISHED
    else:
        qstate.ext_state[id] = MODULE_ERROR
    return True
