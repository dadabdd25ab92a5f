package io.epona.gateway.fetch;

import io.epona.gateway.fetch.FetchOperation.Kind;
import io.epona.gateway.fetch.FetchOperation.State;
import io.epona.gateway.net.ConnectionHub;
import io.epona.gateway.net.DeadlineQueue;
import io.epona.partitionlog.LogRead;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchMetadata;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries fetches from their request to their answer. A fetch is looked at when it comes, when a partition of its
 * session that it waits for gets records, and when its time is over; nothing else is ever scanned. Gateway thread only.
 */
public final class FetchService {
    private static final Logger LOGGER = LoggerFactory.getLogger(FetchService.class);

    /** When records are there but cannot be had right now, the fetch is looked at again after this time. */
    private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(5);

    /** What a fetch gets out of memory while that is short, unless a single batch is longer. */
    private static final int SHORT_LENGTH = 64 * 1024;

    private final FetchSources sources;
    private final FetchSessions sessions;
    private final FetchAnswer answer;
    private final ColdReader coldReader;
    private final FetchConfig config;
    private final FetchMeters meters;
    private final DeadlineQueue deadlines;
    private final ConnectionHub.Slot hub;
    private final ArrayDeque<FetchOperation> ready = new ArrayDeque<>();

    /** What a gateway thread has that fetches use. */
    record Surroundings(FetchConfig config, FetchMeters meters, DeadlineQueue deadlines, ConnectionHub.Slot hub) {}

    FetchService(
            final FetchSources sources,
            final FetchSessions sessions,
            final FetchAnswer answer,
            final ColdReader coldReader,
            final Surroundings surroundings) {
        this.sources = sources;
        this.sessions = sessions;
        this.answer = answer;
        this.coldReader = coldReader;
        this.config = surroundings.config();
        this.meters = surroundings.meters();
        this.deadlines = surroundings.deadlines();
        this.hub = surroundings.hub();
    }

    FetchSessions sessions() {
        return sessions;
    }

    FetchConfig config() {
        return config;
    }

    long nanoTime() {
        return sources.clock().nanoTime();
    }

    /** Begins with a fetch. */
    void start(final FetchOperation operation) {
        operation.session.begin(operation);
        operation.exchange.onClosed(operation::abandon);
        look(operation, operation.expiryNs - operation.readySinceNs() <= 0);
    }

    void onReady(final FetchOperation operation) {
        ready.add(operation);
    }

    /** Goes on with the fetches that got records since the last call. */
    public int poll() {
        final int count = ready.size();
        for (int i = 0; i < count; i++) {
            final FetchOperation operation = ready.poll();
            operation.taken();
            if (operation.state() == State.WAITING) {
                operation.readySince(newestCommitNs());
                operation.state(State.LOOKING);
                meters.onWaiting(-1);
                look(operation, false);
            }
        }
        return count;
    }

    private long newestCommitNs() {
        long newest = sources.index().lanes().getFirst().committedTimeNs();
        for (int i = 1; i < sources.index().lanes().size(); i++) {
            newest = Math.max(newest, sources.index().lanes().get(i).committedTimeNs());
        }
        return newest;
    }

    void onDeadline(final FetchOperation operation, final long nowNs) {
        if (operation.state() == State.WAITING) {
            operation.state(State.LOOKING);
            meters.onWaiting(-1);
            look(operation, operation.expiryNs - nowNs <= 0);
        }
    }

    /** Looks at what the session's dirty partitions have, and answers, reads or waits. */
    private void look(final FetchOperation operation, final boolean isExpired) {
        final FetchSession session = operation.session;
        boolean mustAnswer = isExpired || session.size() == 0;
        boolean hasCold = false;
        long length = 0;
        for (FetchPartition partition = session.firstDirty(); partition != null; partition = partition.nextDirty) {
            partition.look(sources, operation.isReadCommitted);
            if (partition.error != Errors.NONE) {
                mustAnswer = true;
            } else if (partition.isCold) {
                hasCold = true;
            } else {
                length += partition.lengthInMemory();
            }
        }
        if (!mustAnswer && !hasCold && length < operation.minLength) {
            await(operation, operation.expiryNs);
        } else if (!grantMemory(operation) && length > 0) {
            retry(operation);
        } else if (!hasCold) {
            respond(operation);
        } else if (!readCold(operation)) {
            retry(operation);
        }
    }

    /**
     * Says how much the fetch may take out of memory: what it likes; little when clients have much outstanding; nothing
     * when they have twice that. So those that do not take their responses slow others down, and do not stop them.
     */
    private boolean grantMemory(final FetchOperation operation) {
        final long outboundLength = hub.get().outboundLength();
        if (outboundLength <= config.maxOutboundLength()) {
            operation.memoryLength(config.maxMemoryLength());
            return true;
        }
        if (outboundLength <= 2 * config.maxOutboundLength()) {
            operation.memoryLength(Math.min(SHORT_LENGTH, config.maxMemoryLength()));
            return true;
        }
        meters.onOutboundWait();
        hub.get().closeStuck();
        operation.memoryLength(0);
        return false;
    }

    private void await(final FetchOperation operation, final long deadlineNs) {
        final FetchSession session = operation.session;
        for (FetchPartition partition = session.firstDirty(); partition != null; partition = partition.nextDirty) {
            partition.startWatching();
        }
        operation.state(State.WAITING);
        meters.onWaiting(1);
        final boolean isSooner = deadlineNs - operation.expiryNs < 0;
        deadlines.schedule(operation, isSooner ? deadlineNs : operation.expiryNs);
    }

    private void retry(final FetchOperation operation) {
        final long nowNs = nanoTime();
        if (operation.expiryNs - nowNs <= 0) {
            respond(operation);
        } else {
            await(operation, nowNs + RETRY_NS);
        }
    }

    private boolean readCold(final FetchOperation operation) {
        final List<ColdReader.Request> requests = new ArrayList<>();
        long wanted = 0;
        for (FetchPartition partition = operation.session.firstDirty();
                partition != null && wanted < operation.maxLength;
                partition = partition.nextDirty) {
            if (partition.error == Errors.NONE && partition.isCold) {
                if (operation.isReadCommitted) {
                    partition.abortedInMemory = AbortedTransactions.ofMemory(
                            partition.tail(), partition.fetchOffset, partition.limitOffset());
                }
                requests.add(new ColdReader.Request(
                        partition,
                        partition.info().partitionIndex(),
                        partition.fetchOffset,
                        partition.limitOffset(),
                        partition.maxLength,
                        operation.isReadCommitted));
                wanted += Math.max(1, partition.maxLength);
            }
        }
        operation.state(State.READING);
        final boolean isTaken = coldReader.read(requests, operation.maxLength, results -> handOver(operation, results));
        if (!isTaken) {
            operation.state(State.LOOKING);
        }
        return isTaken;
    }

    /** On the thread that has read. */
    private void handOver(final FetchOperation operation, final List<ColdReader.Result> results) {
        try {
            operation.exchange.gatewayThread().execute(() -> onColdRead(operation, results));
        } catch (final RejectedExecutionException ex) {
            // The gateway has closed, and nobody waits for the answer any more.
            LOGGER.debug("cold read came after the gateway had closed", ex);
            results.stream()
                    .map(ColdReader.Result::read)
                    .filter(Objects::nonNull)
                    .forEach(LogRead::close);
        }
    }

    private void onColdRead(final FetchOperation operation, final List<ColdReader.Result> results) {
        boolean hasNews = false;
        for (final ColdReader.Result result : results) {
            final FetchPartition partition = result.request().partition();
            final boolean isWanted = !operation.isDone()
                    && partition.isDirty
                    && partition.fetchOffset == result.request().offset();
            if (isWanted) {
                hasNews |= take(partition, result.read());
            } else if (result.read() != null) {
                result.read().close();
            }
        }
        if (operation.isDone()) {
            return;
        }
        operation.state(State.LOOKING);
        if (hasNews) {
            respond(operation);
        } else {
            retry(operation);
        }
    }

    /** Takes a slice over into its partition. True when there is something to answer. */
    private static boolean take(final FetchPartition partition, final LogRead read) {
        if (read == null) {
            partition.error = Errors.KAFKA_STORAGE_ERROR;
            return true;
        }
        switch (read.status()) {
            case RECORDS -> {
                partition.closeColdRead();
                partition.coldRead = read;
                return true;
            }
            case OFFSET_OUT_OF_RANGE -> {
                // Above its end means that the ring has it, or had it a moment ago; below its start it is gone.
                if (partition.fetchOffset < read.logStartOffset()) {
                    partition.error = Errors.OFFSET_OUT_OF_RANGE;
                    return true;
                }
                return false;
            }
            case UNKNOWN_PARTITION -> {
                partition.error = Errors.UNKNOWN_TOPIC_OR_PARTITION;
                return true;
            }
            default -> {
                return false;
            }
        }
    }

    private void respond(final FetchOperation operation) {
        final FetchResponseData response = answer.build(operation);
        final FetchSession session = operation.session;
        int id = session.id();
        if (operation.kind == Kind.NEW_SESSION) {
            id = sessions.register(session, FetchMetadata.nextEpoch(FetchMetadata.INITIAL_EPOCH));
        } else if (operation.kind == Kind.SESSIONLESS) {
            id = FetchSession.NO_ID;
        }
        response.setSessionId(id);
        end(operation);
        operation.exchange.respond(response);
        answer.delivered();
    }

    /** Another request came in for the session: this one's answer would confuse the client. */
    void supersede(final FetchOperation operation) {
        end(operation);
        operation.exchange.respond(new FetchResponseData().setErrorCode(Errors.INVALID_FETCH_SESSION_EPOCH.code()));
    }

    void end(final FetchOperation operation) {
        if (operation.isDone()) {
            return;
        }
        if (operation.state() == State.WAITING) {
            meters.onWaiting(-1);
        }
        operation.state(State.DONE);
        deadlines.cancel(operation);
        operation.session.end();
    }
}
