package io.epona.gateway.fetch;

import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionInfo;
import io.epona.controller.TopicInfo;
import io.epona.gateway.log.FrameIndex;
import io.epona.gateway.log.Leadership;
import io.epona.gateway.log.PartitionTail;
import io.epona.gateway.log.TailWatcher;
import io.epona.partitionlog.LogRead;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * One partition of a fetch session: what the client asked for, what it was told last, and whether there may be
 * something to tell. A partition that has nothing to tell is clean and watches the partition's tail; a commit makes it
 * dirty. Only dirty ones are looked at by a fetch. Gateway thread only.
 */
final class FetchPartition extends TailWatcher {
    private static final long NEVER_TOLD = -1;
    private static final long NO_IMAGE = -1;

    final FetchSession session;
    final Key key;

    long fetchOffset;
    int maxLength;
    private long limitOffset = Long.MAX_VALUE;
    private int currentLeaderEpoch;
    private long toldHighWatermark = NEVER_TOLD;
    private long toldLogStartOffset = NEVER_TOLD;

    private long imageVersion = NO_IMAGE;
    private PartitionInfo info;
    private PartitionTail tail;
    private Errors placeError = Errors.NONE;

    Errors error = Errors.NONE;
    boolean isCold;
    LogRead coldRead;
    List<FetchResponseData.AbortedTransaction> abortedInMemory = List.of();

    boolean isDirty;
    FetchPartition previousDirty;
    FetchPartition nextDirty;

    /** How the client names a partition: by topic id, or by name, the other of which is then zero or empty. */
    record Key(Uuid topicId, String topic, int partition) {}

    FetchPartition(final FetchSession session, final Key key) {
        this.session = session;
        this.key = key;
    }

    void update(final FetchRequestData.FetchPartition request) {
        fetchOffset = request.fetchOffset();
        maxLength = request.partitionMaxBytes();
        currentLeaderEpoch = request.currentLeaderEpoch();
    }

    PartitionInfo info() {
        return info;
    }

    PartitionTail tail() {
        return tail;
    }

    /** Finds out what there is to tell: sets {@link #error} and {@link #isCold}. */
    void look(final FetchSources sources, final boolean isReadCommitted) {
        final ClusterImage image = sources.image();
        if (imageVersion != image.version()) {
            resolve(image, sources.index());
        }
        isCold = false;
        limitOffset = Long.MAX_VALUE;
        error = placeError;
        if (error != Errors.NONE) {
            return;
        }
        error = Leadership.judge(image, info, tail.lane(), currentLeaderEpoch);
        if (error != Errors.NONE) {
            return;
        }
        if (fetchOffset > tail.highWatermark()) {
            // Another gateway thread may have acknowledged what this one has not seen yet.
            sources.catchUp();
        }
        if (fetchOffset > tail.highWatermark() && !tail.lane().isComplete()) {
            // The leader before may have shown more than is known to be committed here: it may well be in range, so
            // wait until that is known, and let nobody start over for it.
            return;
        }
        if (fetchOffset > tail.highWatermark() || fetchOffset < sources.logs().logStartOffset(info.partitionIndex())) {
            error = Errors.OFFSET_OUT_OF_RANGE;
        } else {
            limitOffset = isReadCommitted ? stableLimit() : Long.MAX_VALUE;
            isCold = fetchOffset < Math.min(limitOffset, tail.highWatermark()) && fetchOffset < tail.firstOffset();
        }
    }

    /** While it is not known which transactions are open, nothing is known to be stable. */
    private long stableLimit() {
        return tail.lane().isComplete() ? tail.lastStableOffset() : Math.min(fetchOffset, tail.lastStableOffset());
    }

    /** Offset from which on this fetch wants no records. */
    long limitOffset() {
        return limitOffset;
    }

    /** Whether there is nothing to be had until something is committed. */
    boolean isAtEnd() {
        return fetchOffset >= Math.min(limitOffset, tail.highWatermark());
    }

    private void resolve(final ClusterImage image, final FrameIndex index) {
        final boolean isById = !key.topicId().equals(Uuid.ZERO_UUID);
        final TopicInfo topic = isById ? image.topic(key.topicId()) : image.topic(key.topic());
        final PartitionInfo found = topic == null ? null : topic.partition(key.partition());
        imageVersion = image.version();
        if (found == null) {
            info = null;
            placeError = topic == null && isById ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
            return;
        }
        placeError = Errors.NONE;
        if (info == null || info.partitionIndex() != found.partitionIndex()) {
            stopWatching();
            tail = index.tail(found);
            if (tail == null) {
                placeError = Errors.UNKNOWN_TOPIC_OR_PARTITION;
            }
        }
        info = found;
    }

    /** Bytes that can be had from memory now. */
    long lengthInMemory() {
        return tail.lengthWithin(fetchOffset, limitOffset);
    }

    /** Whether the client knows less than this; remembers that it knows it now. */
    boolean tell(final long highWatermark, final long logStartOffset, final boolean hasRecords) {
        final boolean isNews = hasRecords || highWatermark != toldHighWatermark || logStartOffset != toldLogStartOffset;
        toldHighWatermark = highWatermark;
        toldLogStartOffset = logStartOffset;
        return isNews;
    }

    /** The client was told an error, so that all is news again once that is over. */
    void tellError() {
        toldHighWatermark = NEVER_TOLD;
    }

    void startWatching() {
        if (tail != null && !isWatching()) {
            tail.watch(this);
        }
    }

    void stopWatching() {
        if (tail != null) {
            tail.unwatch(this);
        }
    }

    void closeColdRead() {
        if (coldRead != null) {
            coldRead.close();
            coldRead = null;
        }
    }

    @Override
    protected void onCommitted() {
        session.onCommitted(this);
    }
}
