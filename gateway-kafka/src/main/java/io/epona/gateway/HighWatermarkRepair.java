package io.epona.gateway;

import io.epona.controller.ClusterController;
import io.epona.controller.PartitionInfo;
import io.epona.gateway.log.FrameIndex;
import io.epona.gateway.log.LaneTail;
import io.epona.partitionlog.LogTransactions;
import io.epona.partitionlog.PartitionLogs;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * After a lane overran this gateway thread, finds out from the partition logs how far the lane's partitions went: once
 * all that was skipped is drained, their ends are at least the high watermarks that were missed. Gateway thread only.
 */
final class HighWatermarkRepair implements FrameIndex.OverrunListener {
    private static final Logger LOGGER = LoggerFactory.getLogger(HighWatermarkRepair.class);

    private final ClusterController controller;
    private final PartitionLogs logs;
    private final Executor coldReads;
    private final Executor gatewayThread;
    private final List<Pending> pending = new ArrayList<>();
    private FrameIndex index;

    private record Pending(LaneTail lane, long position, long overruns) {}

    private record Gap(PartitionInfo partition, long firstOffset) {}

    private record End(PartitionInfo partition, long offset, LogTransactions transactions) {}

    HighWatermarkRepair(
            final ClusterController controller,
            final PartitionLogs logs,
            final Executor coldReads,
            final Executor gatewayThread) {
        this.controller = controller;
        this.logs = logs;
        this.coldReads = coldReads;
        this.gatewayThread = gatewayThread;
    }

    void repair(final FrameIndex indexToRepair) {
        index = indexToRepair;
    }

    @Override
    public void onOverrun(final LaneTail lane, final long position) {
        pending.removeIf(older -> older.lane() == lane);
        pending.add(new Pending(lane, position, lane.overruns()));
    }

    @Override
    public void onRecordsDeleted(final int partitionIndex, final long startOffset) {
        logs.raiseLogStartOffset(partitionIndex, startOffset);
    }

    int poll() {
        if (pending.isEmpty()) {
            return 0;
        }
        int count = 0;
        for (final Pending one : List.copyOf(pending)) {
            if (one.lane().view().counters().drained().getAcquire() >= one.position() && ask(one)) {
                pending.remove(one);
                count++;
            }
        }
        return count;
    }

    private boolean ask(final Pending one) {
        try {
            final List<Gap> gaps = gaps(one.lane().laneId());
            coldReads.execute(() -> {
                try {
                    final List<End> ends = ends(gaps);
                    handOver(() -> repair(one, ends));
                } catch (final RuntimeException ex) {
                    LOGGER.error(
                            "cannot find out where partitions end: laneId={}",
                            one.lane().laneId(),
                            ex);
                    handOver(() -> again(one));
                }
            });
            return true;
        } catch (final RejectedExecutionException ex) {
            // Too much to read at present; the next duty cycle tries again.
            return false;
        }
    }

    private void handOver(final Runnable task) {
        try {
            gatewayThread.execute(task);
        } catch (final RejectedExecutionException ex) {
            LOGGER.debug("ends of partitions came after the gateway had closed", ex);
        }
    }

    /** Asks once more, unless a later overrun has taken the place of this one. */
    private void again(final Pending one) {
        if (one.lane().overruns() == one.overruns()) {
            pending.add(one);
        }
    }

    private void repair(final Pending one, final List<End> ends) {
        final int laneId = one.lane().laneId();
        boolean isComplete = true;
        for (final End end : ends) {
            final int partitionIndex = end.partition().partitionIndex();
            if (end.offset() != PartitionLogs.UNKNOWN_OFFSET) {
                index.raiseHighWatermark(partitionIndex, laneId, end.offset());
            }
            isComplete &= index.resetTransactions(partitionIndex, laneId, end.transactions());
        }
        if (isComplete) {
            one.lane().onRepaired(one.overruns());
        } else {
            again(one);
        }
    }

    private List<Gap> gaps(final int laneId) {
        final List<Gap> gaps = new ArrayList<>();
        controller.image().forEachPartition(partition -> {
            if (partition.laneId() == laneId) {
                gaps.add(new Gap(partition, index.firstOffsetInMemory(partition.partitionIndex())));
            }
        });
        return gaps;
    }

    private List<End> ends(final List<Gap> gaps) {
        final List<End> ends = new ArrayList<>();
        for (final Gap gap : gaps) {
            final int partitionIndex = gap.partition().partitionIndex();
            // An end is not known of logs that nothing was drained into since the start: none was missed there.
            ends.add(new End(
                    gap.partition(),
                    logs.logEndOffset(partitionIndex),
                    logs.transactions(partitionIndex, gap.firstOffset())));
        }
        return ends;
    }
}
