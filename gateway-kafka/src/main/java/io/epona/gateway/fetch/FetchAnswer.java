package io.epona.gateway.fetch;

import io.epona.gateway.LeaderHints;
import io.epona.gateway.fetch.FetchOperation.Kind;
import io.epona.gateway.net.BufferedRecords;
import io.epona.partitionlog.LogRead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.FetchResponseData.NodeEndpoint;
import org.apache.kafka.common.message.FetchResponseData.NodeEndpointCollection;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts a fetch response together from what its partitions have. Gateway thread only, one response at a time. */
final class FetchAnswer {
    /** From this version on clients read the present leader out of a response. */
    private static final short FIRST_VERSION_WITH_LEADER = 16;

    private static final Logger LOGGER = LoggerFactory.getLogger(FetchAnswer.class);

    private final FetchSources sources;
    private final FetchMeters meters;
    private final ByteBufAllocator allocator;

    private int remainingLength;
    private int remainingMemoryLength;
    private boolean hasRecords;
    private int deliveredPartitionIndex;
    private long deliveredOffset;
    private long deliveredSinceNs;
    private boolean isDelivering;
    private NodeEndpointCollection leaders;
    private List<FetchResponseData.AbortedTransaction> aborted = List.of();

    FetchAnswer(final FetchSources sources, final FetchMeters meters, final ByteBufAllocator allocator) {
        this.sources = sources;
        this.meters = meters;
        this.allocator = allocator;
    }

    /** Builds the response; the session's partitions have been looked at. */
    FetchResponseData build(final FetchOperation operation) {
        remainingLength = operation.maxLength;
        remainingMemoryLength = operation.memoryLength();
        hasRecords = false;
        isDelivering = false;
        leaders = null;
        final List<FetchableTopicResponse> topics = new ArrayList<>(1);
        if (operation.kind == Kind.INCREMENTAL) {
            addDirty(operation, topics);
        } else {
            for (final FetchPartition partition : operation.session.partitions()) {
                add(operation, partition, topics);
            }
        }
        final FetchResponseData response = new FetchResponseData().setResponses(topics);
        return leaders == null ? response : response.setNodeEndpoints(leaders);
    }

    /** The response has been handed to the network. */
    void delivered() {
        if (isDelivering) {
            meters.onDelivered(deliveredPartitionIndex, deliveredOffset, deliveredSinceNs);
        }
    }

    private void addDirty(final FetchOperation operation, final List<FetchableTopicResponse> topics) {
        final FetchPartition last = operation.session.lastDirty();
        FetchPartition partition = operation.session.firstDirty();
        while (partition != null) {
            final boolean isLast = partition == last;
            final FetchPartition following = partition.nextDirty;
            add(operation, partition, topics);
            partition = isLast ? null : following;
        }
    }

    private void add(
            final FetchOperation operation, final FetchPartition partition, final List<FetchableTopicResponse> topics) {
        final PartitionData data;
        final boolean isNews;
        if (partition.error != Errors.NONE) {
            data = errorOf(operation, partition);
            partition.tellError();
            partition.closeColdRead();
            isNews = true;
        } else {
            final long logStartOffset =
                    sources.logs().logStartOffset(partition.info().partitionIndex());
            long highWatermark = partition.tail().highWatermark();
            if (partition.coldRead != null) {
                highWatermark = Math.max(highWatermark, partition.coldRead.logEndOffset());
            }
            aborted = List.of();
            final BaseRecords records = recordsOf(operation, partition);
            final boolean isFull = records.sizeInBytes() > 0;
            data = new PartitionData()
                    .setPartitionIndex(partition.key.partition())
                    .setHighWatermark(highWatermark)
                    .setLastStableOffset(
                            Math.min(highWatermark, partition.tail().lastStableOffset()))
                    .setLogStartOffset(logStartOffset)
                    .setAbortedTransactions(operation.isReadCommitted ? aborted : null)
                    .setRecords(records);
            isNews = partition.tell(highWatermark, logStartOffset, isFull);
            settle(partition, isFull);
        }
        if (isNews || operation.kind != Kind.INCREMENTAL) {
            topicOf(partition, topics).partitions().add(data);
        }
    }

    private static void settle(final FetchPartition partition, final boolean gaveRecords) {
        if (gaveRecords) {
            partition.session.moveToEnd(partition);
        } else if (partition.isAtEnd()) {
            partition.session.markClean(partition);
            partition.startWatching();
        }
    }

    private static FetchableTopicResponse topicOf(
            final FetchPartition partition, final List<FetchableTopicResponse> topics) {
        if (!topics.isEmpty()) {
            final FetchableTopicResponse last = topics.getLast();
            if (last.topicId().equals(partition.key.topicId()) && last.topic().equals(partition.key.topic())) {
                return last;
            }
        }
        final FetchableTopicResponse topic = new FetchableTopicResponse()
                .setTopicId(partition.key.topicId())
                .setTopic(partition.key.topic())
                .setPartitions(new ArrayList<>(1));
        topics.add(topic);
        return topic;
    }

    private PartitionData errorOf(final FetchOperation operation, final FetchPartition partition) {
        final PartitionData data = FetchResponse.partitionResponse(partition.key.partition(), partition.error);
        final boolean isAboutLeader =
                partition.error == Errors.NOT_LEADER_OR_FOLLOWER || partition.error == Errors.FENCED_LEADER_EPOCH;
        if (isAboutLeader && operation.exchange.apiVersion() >= FIRST_VERSION_WITH_LEADER) {
            tellLeader(data, sources.hints().leaderOf(partition.info(), operation.exchange.listenerName()));
        }
        return data;
    }

    private void tellLeader(final PartitionData data, final LeaderHints.Leader leader) {
        data.setCurrentLeader(
                new LeaderIdAndEpoch().setLeaderId(leader.nodeId()).setLeaderEpoch(leader.leaderEpoch()));
        if (leader.endpoint() == null) {
            return;
        }
        leaders = leaders == null ? new NodeEndpointCollection() : leaders;
        if (leaders.find(leader.nodeId()) == null) {
            leaders.add(new NodeEndpoint()
                    .setNodeId(leader.nodeId())
                    .setHost(leader.endpoint().host())
                    .setPort(leader.endpoint().port())
                    .setRack(leader.rack()));
        }
    }

    private BaseRecords recordsOf(final FetchOperation operation, final FetchPartition partition) {
        final LogRead read = partition.coldRead;
        if (read != null) {
            return fileRecordsOf(operation, partition, read);
        }
        if (remainingLength <= 0 && hasRecords || remainingMemoryLength <= 0) {
            return MemoryRecords.EMPTY;
        }
        final int limit = Math.min(Math.min(partition.maxLength, remainingLength), remainingMemoryLength);
        final ByteBuf bytes = readMemory(partition, Math.max(0, limit));
        if (bytes == null || !bytes.isReadable()) {
            // Not in memory any more: the next look finds that out.
            return MemoryRecords.EMPTY;
        }
        if (operation.isReadCommitted) {
            aborted = AbortedTransactions.ofMemory(
                    partition.tail(), partition.fetchOffset, sources.index().readEndOffset());
        }
        final int length = bytes.readableBytes();
        remainingMemoryLength -= length;
        meters.onMemoryRead(length);
        if (!isDelivering) {
            isDelivering = true;
            deliveredPartitionIndex = partition.info().partitionIndex();
            deliveredOffset = partition.fetchOffset;
            deliveredSinceNs = operation.readySinceNs();
        }
        return taken(new BufferedRecords(bytes));
    }

    private ByteBuf readMemory(final FetchPartition partition, final int limit) {
        try {
            return sources.index()
                    .read(
                            partition.tail(),
                            partition.fetchOffset,
                            partition.limitOffset(),
                            limit,
                            !hasRecords,
                            allocator);
        } catch (final OutOfMemoryError ex) {
            // Direct memory, that is: the client asks again, and there may be some by then.
            meters.onOutboundWait();
            LOGGER.warn("no direct memory for a fetch: partitionIndex={}, length={}", partition.info(), limit, ex);
            return null;
        }
    }

    private BaseRecords fileRecordsOf(
            final FetchOperation operation, final FetchPartition partition, final LogRead read) {
        partition.coldRead = null;
        if (read.length() > remainingLength && hasRecords) {
            read.close();
            return MemoryRecords.EMPTY;
        }
        if (operation.isReadCommitted) {
            aborted = AbortedTransactions.ofLog(read, partition.abortedInMemory);
        }
        meters.onFileRead(read.length());
        return taken(new BufferedRecords(new LogFileRegion(read)));
    }

    private BaseRecords taken(final BufferedRecords records) {
        remainingLength -= records.sizeInBytes();
        hasRecords = true;
        return records;
    }
}
