package io.epona.controller.cluster;

import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.Subscription;
import io.aeron.exceptions.RegistrationException;
import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiFunction;
import org.agrona.CloseHelper;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the other members how they are and answers when they ask. Used by the consensus thread only. A question or an
 * answer that cannot be sent is dropped: whoever asked asks again.
 */
final class StatusExchange implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StatusExchange.class);

    /** Far from the streams of the consensus module, with which it shares the port. */
    private static final int STREAM_ID = 1_200;

    private static final int FRAGMENT_LIMIT = 8;

    /** An answer and when it came. */
    record Heard(MemberStatus status, long timeNs) {}

    private final ClusterLogConfig config;
    private final Aeron aeron;
    private final long incarnation;
    private final BiFunction<MemberStatus.Kind, Long, MemberStatus> ownStatus;
    private final Subscription subscription;
    private final Map<Integer, ExclusivePublication> publications = new HashMap<>();
    private final Map<Integer, Heard> heard = new HashMap<>();
    private final UnsafeBuffer message = new UnsafeBuffer(new byte[MemberStatus.ENCODED_LENGTH]);
    private final FragmentHandler handler = this::onMessage;
    private long nowNs;
    private long askedNs;

    /**
     * Begins to listen.
     *
     * @param ownStatus makes the message of a kind for an asker's incarnation.
     */
    StatusExchange(
            ClusterLogConfig config,
            Aeron aeron,
            long incarnation,
            BiFunction<MemberStatus.Kind, Long, MemberStatus> ownStatus) {
        this.config = config;
        this.aeron = aeron;
        this.incarnation = incarnation;
        this.ownStatus = ownStatus;
        this.subscription = aeron.addSubscription(channel(config.self()), STREAM_ID);
        this.askedNs = System.nanoTime() - ClusterLogLimits.STATUS_INTERVAL_NS;
    }

    /** Takes messages in. */
    int poll(long timeNs) {
        nowNs = timeNs;
        return subscription.poll(handler, FRAGMENT_LIMIT);
    }

    /** Asks everybody, unless that was done a moment ago; returns the number of those who were asked. */
    int ask(long timeNs) {
        if (timeNs - askedNs < ClusterLogLimits.STATUS_INTERVAL_NS) {
            return 0;
        }
        askedNs = timeNs;
        for (CellMember peer : config.peers()) {
            send(peer, ownStatus.apply(MemberStatus.Kind.QUESTION, incarnation));
        }
        return config.peers().size();
    }

    /** What members have answered to this process so far; old answers too. */
    Map<Integer, Heard> heard() {
        return heard;
    }

    @Override
    public void close() {
        CloseHelper.quietCloseAll(publications.values());
        publications.clear();
        CloseHelper.quietClose(subscription);
    }

    private void onMessage(DirectBuffer buffer, int offset, int length, Header header) {
        MemberStatus status = MemberStatus.decode(buffer, offset, length);
        if (status == null) {
            return;
        }
        CellMember peer = config.peers().stream()
                .filter(member -> member.nodeId() == status.nodeId())
                .findFirst()
                .orElse(null);
        if (peer == null) {
            return;
        }
        if (status.kind() == MemberStatus.Kind.QUESTION) {
            send(peer, ownStatus.apply(MemberStatus.Kind.ANSWER, status.askerIncarnation()));
        } else if (status.askerIncarnation() == incarnation) {
            heard.put(status.nodeId(), new Heard(status, nowNs));
        }
    }

    private void send(CellMember peer, MemberStatus status) {
        status.encode(message);
        try {
            publications
                    .computeIfAbsent(peer.nodeId(), id -> aeron.addExclusivePublication(channel(peer), STREAM_ID))
                    .offer(message, 0, MemberStatus.ENCODED_LENGTH);
        } catch (RegistrationException e) {
            LOG.debug("member cannot be addressed now: nodeId={}, host={}", peer.nodeId(), peer.host(), e);
        }
    }

    private static String channel(CellMember member) {
        return "aeron:udp?endpoint=" + member.endpoint(CellMember.Service.CONSENSUS) + "|term-length=64k";
    }
}
