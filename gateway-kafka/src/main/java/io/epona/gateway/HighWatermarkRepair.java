package io.epona.gateway;

import io.epona.controller.ClusterController;
import io.epona.controller.PartitionInfo;
import io.epona.gateway.log.FrameIndex;
import io.epona.gateway.log.LaneTail;
import io.epona.partitionlog.PartitionLogs;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * After a lane overran this gateway thread, finds out from the partition logs how far the lane's partitions went: once
 * all that was skipped is drained, their ends are at least the high watermarks that were missed. Gateway thread only.
 */
final class HighWatermarkRepair implements FrameIndex.OverrunListener {
    private final ClusterController controller;
    private final PartitionLogs logs;
    private final Executor coldReads;
    private final Executor gatewayThread;
    private final List<Pending> pending = new ArrayList<>();
    private FrameIndex index;

    private record Pending(LaneTail lane, long position, long overruns) {}

    private record End(PartitionInfo partition, long offset) {}

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
            coldReads.execute(() -> {
                final List<End> ends = ends(one.lane().laneId());
                gatewayThread.execute(() -> repair(one, ends));
            });
            return true;
        } catch (final RejectedExecutionException ex) {
            // Too much to read at present; the next duty cycle tries again.
            return false;
        }
    }

    private void repair(final Pending one, final List<End> ends) {
        for (final End end : ends) {
            index.raiseHighWatermark(
                    end.partition().partitionIndex(), one.lane().laneId(), end.offset());
        }
        one.lane().onRepaired(one.overruns());
    }

    private List<End> ends(final int laneId) {
        final List<End> ends = new ArrayList<>();
        controller.image().forEachPartition(partition -> {
            if (partition.laneId() == laneId) {
                ends.add(new End(partition, logs.logEndOffset(partition.partitionIndex())));
            }
        });
        return ends;
    }
}
