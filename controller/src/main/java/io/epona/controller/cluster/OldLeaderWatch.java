package io.epona.controller.cluster;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has a new leader find out soon whether the node of the old one still lives. Sessions start their time-out anew with
 * each leader, so a node that died while it led would be fenced an election later than any other. The old leader was
 * silent for the heartbeat timeout and an election already; when it does not answer a question either, its sessions are
 * closed through the log. If it lives after all it connects again by itself. Used by the consensus thread only.
 */
final class OldLeaderWatch {
    private static final Logger LOG = LoggerFactory.getLogger(OldLeaderWatch.class);

    private final ClusterLogConfig config;
    private final StatusExchange exchange;
    private final CommandBacklog backlog;
    private long watchedTermId = -1;
    private int suspectId = -1;
    private long suspectSinceNs;

    OldLeaderWatch(ClusterLogConfig config, StatusExchange exchange, CommandBacklog backlog) {
        this.config = config;
        this.exchange = exchange;
        this.backlog = backlog;
    }

    /** Looks after the old leader, if this node has become the new one; returns the number of questions asked. */
    int poll(long nowNs, LogService service, boolean isLeader) {
        long termId = service.leadershipTermId();
        if (termId != watchedTermId) {
            watchedTermId = termId;
            suspectId = service.leaderId() == config.nodeId() ? service.oldLeaderId() : -1;
            suspectSinceNs = nowNs;
        }
        if (suspectId < 0 || suspectId == config.nodeId() || !isLeader) {
            return 0;
        }
        int asked = exchange.ask(nowNs);
        StatusExchange.Heard heard = exchange.heard().get(suspectId);
        if (heard != null && heard.timeNs() - suspectSinceNs > 0) {
            suspectId = -1;
        } else if (nowNs - suspectSinceNs > ClusterLogLimits.OLD_LEADER_ANSWER_NS) {
            LOG.info("old leader does not answer: nodeId={}, term={}", suspectId, termId);
            backlog.offer(LoggedMessage.nodeGone(suspectId), true);
            suspectId = -1;
        }
        return asked;
    }
}
