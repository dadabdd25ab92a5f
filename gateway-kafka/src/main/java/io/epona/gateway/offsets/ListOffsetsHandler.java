package io.epona.gateway.offsets;

import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionInfo;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import io.epona.gateway.log.FrameIndex;
import io.epona.gateway.log.PartitionTail;
import io.epona.partitionlog.PartitionLogs;
import io.epona.partitionlog.TimestampAndOffset;
import io.epona.runtime.NodeClock;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;

/** ListOffsets: first and last offset at once, offsets by timestamp after the partition's log was asked. */
public final class ListOffsetsHandler implements RequestHandler {
    private static final long NONE = -1;
    private static final short FIRST_VERSION_WITH_LEADER_EPOCH = 4;
    private static final short FIRST_VERSION_WITH_NOT_AVAILABLE = 5;
    private static final short FIRST_VERSION_WITH_EARLIEST_LOCAL = 8;
    private static final short FIRST_VERSION_WITH_LATEST_TIERED = 9;
    private static final short FIRST_VERSION_WITH_EARLIEST_PENDING_UPLOAD = 11;

    /** How often a log is asked again because it took records over from memory meanwhile. */
    private static final int MAX_SEARCHES = 5;

    private final ClusterController controller;
    private final FrameIndex index;
    private final NodeClock clock;
    private final PartitionLogs logs;
    private final Executor coldReads;
    private final TimestampSearch search;

    /** A partition to be searched by timestamp. */
    private static final class Search {
        final PartitionInfo partition;
        final PartitionTail tail;
        final long timestampMs;
        final ListOffsetsPartitionResponse answer;
        final long limitOffset;
        TimestampSearch.InLog inLog;

        Search(
                final PartitionInfo partition,
                final PartitionTail tail,
                final long timestampMs,
                final ListOffsetsPartitionResponse answer,
                final long limitOffset) {
            this.limitOffset = limitOffset;
            this.partition = partition;
            this.tail = tail;
            this.timestampMs = timestampMs;
            this.answer = answer;
        }

        boolean isMax() {
            return timestampMs == ListOffsetsRequest.MAX_TIMESTAMP;
        }
    }

    /** A handler of one gateway thread. */
    public ListOffsetsHandler(
            final ClusterController controller,
            final FrameIndex index,
            final NodeClock clock,
            final PartitionLogs logs,
            final Executor coldReads,
            final ByteBufAllocator allocator) {
        this.controller = controller;
        this.index = index;
        this.clock = clock;
        this.logs = logs;
        this.coldReads = coldReads;
        this.search = new TimestampSearch(index, logs, allocator);
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.LIST_OFFSETS;
    }

    @Override
    public void handle(final RequestContext context, final ApiMessage message) {
        final ListOffsetsRequestData request = (ListOffsetsRequestData) message;
        final ListOffsetsResponseData response = new ListOffsetsResponseData();
        final ClusterImage image = controller.image();
        // Another gateway thread may have acknowledged what this one has not seen yet.
        index.poll(clock.nanoTime());
        final List<Search> searches = new ArrayList<>();
        for (final ListOffsetsTopic topic : request.topics()) {
            final Set<Integer> duplicates = duplicates(topic);
            final ListOffsetsTopicResponse result = new ListOffsetsTopicResponse().setName(topic.name());
            for (final ListOffsetsPartition asked : topic.partitions()) {
                final ListOffsetsPartitionResponse answer = new ListOffsetsPartitionResponse()
                        .setPartitionIndex(asked.partitionIndex())
                        .setTimestamp(NONE)
                        .setOffset(NONE);
                result.partitions().add(answer);
                final PartitionInfo partition = image.partition(topic.name(), asked.partitionIndex());
                Errors error = PartitionChecks.judge(image, index, partition, asked.currentLeaderEpoch());
                if (duplicates.contains(asked.partitionIndex())) {
                    error = Errors.INVALID_REQUEST;
                } else if (isUnsupported(asked.timestamp(), context.apiVersion())) {
                    error = Errors.UNSUPPORTED_VERSION;
                }
                answer.setErrorCode(error.code());
                if (error == Errors.NONE) {
                    final Asked what = new Asked(
                            asked.timestamp(),
                            request.isolationLevel() == IsolationLevel.READ_COMMITTED.id(),
                            notAvailable(context.apiVersion()));
                    answer(partition, what, answer, searches);
                }
            }
            response.topics().add(result);
        }
        search(context, response, searches, 1);
    }

    private static Set<Integer> duplicates(final ListOffsetsTopic topic) {
        if (topic.partitions().size() < 2) {
            return Set.of();
        }
        final Set<Integer> seen = new HashSet<>();
        final Set<Integer> duplicates = new HashSet<>();
        for (final ListOffsetsPartition partition : topic.partitions()) {
            if (!seen.add(partition.partitionIndex())) {
                duplicates.add(partition.partitionIndex());
            }
        }
        return duplicates;
    }

    private static boolean isUnsupported(final long timestamp, final short version) {
        return timestamp == ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP && version < FIRST_VERSION_WITH_EARLIEST_LOCAL
                || timestamp == ListOffsetsRequest.LATEST_TIERED_TIMESTAMP && version < FIRST_VERSION_WITH_LATEST_TIERED
                || timestamp == ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP
                        && version < FIRST_VERSION_WITH_EARLIEST_PENDING_UPLOAD
                || timestamp < ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP;
    }

    /** For ends of partitions that are not known yet; both make a client ask again. */
    private static Errors notAvailable(final short version) {
        return version >= FIRST_VERSION_WITH_NOT_AVAILABLE ? Errors.OFFSET_NOT_AVAILABLE : Errors.LEADER_NOT_AVAILABLE;
    }

    /** What a request asks of one partition, and how it is told to ask again. */
    private record Asked(long timestamp, boolean isReadCommitted, Errors notAvailable) {}

    private void answer(
            final PartitionInfo partition,
            final Asked asked,
            final ListOffsetsPartitionResponse answer,
            final List<Search> searches) {
        final PartitionTail tail = index.tail(partition);
        final long timestamp = asked.timestamp();
        if (tail == null) {
            answer.setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        } else if (timestamp == ListOffsetsRequest.EARLIEST_TIMESTAMP
                || timestamp == ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP) {
            answer.setOffset(logs.logStartOffset(partition.partitionIndex())).setLeaderEpoch(partition.leaderEpoch());
        } else if (!tail.lane().isComplete()) {
            // The leader before may have shown records that are not known to be committed here.
            answer.setErrorCode(asked.notAvailable().code());
        } else if (timestamp == ListOffsetsRequest.LATEST_TIMESTAMP) {
            answer.setOffset(asked.isReadCommitted() ? tail.lastStableOffset() : tail.highWatermark())
                    .setLeaderEpoch(partition.leaderEpoch());
        } else if (timestamp >= 0 || timestamp == ListOffsetsRequest.MAX_TIMESTAMP) {
            final long limitOffset = asked.isReadCommitted() ? tail.lastStableOffset() : Long.MAX_VALUE;
            searches.add(new Search(partition, tail, timestamp, answer, limitOffset));
        }
        // Else an offset of tiered storage, of which there is none.
    }

    private void search(
            final RequestContext context,
            final ListOffsetsResponseData response,
            final List<Search> searches,
            final int round) {
        if (searches.isEmpty()) {
            respond(context, response);
            return;
        }
        final CompletableFuture<Void> asked = CompletableFuture.runAsync(
                () -> searches.forEach(
                        one -> one.inLog = search.inLog(one.partition.partitionIndex(), one.timestampMs, one.isMax())),
                coldReads);
        context.onGatewayThread(asked, (done, error) -> {
            if (error != null) {
                context.fail(error);
                return;
            }
            final List<Search> again = new ArrayList<>();
            for (final Search one : searches) {
                if (search.isComplete(one.tail, one.inLog) || round == MAX_SEARCHES) {
                    finish(one);
                } else {
                    again.add(one);
                }
            }
            search(context, response, again, round + 1);
        });
    }

    /** Older versions have no leader epoch, and the message class refuses to drop one silently. */
    private static void respond(final RequestContext context, final ListOffsetsResponseData response) {
        if (context.apiVersion() < FIRST_VERSION_WITH_LEADER_EPOCH) {
            response.topics()
                    .forEach(topic -> topic.partitions()
                            .forEach(answer -> answer.setLeaderEpoch(ListOffsetsResponse.UNKNOWN_EPOCH)));
        }
        context.respond(response);
    }

    private void finish(final Search one) {
        final Optional<TimestampAndOffset> found =
                one.isMax() ? search.latest(one.tail, one.inLog) : search.first(one.tail, one.inLog, one.timestampMs);
        found.filter(record -> record.offset() < one.limitOffset)
                .ifPresent(record -> one.answer
                        .setTimestamp(record.timestamp())
                        .setOffset(record.offset())
                        .setLeaderEpoch(record.leaderEpoch()));
    }
}
