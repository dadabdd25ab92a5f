package io.epona.coordinator;

import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionInfo;
import io.epona.controller.TopicInfo;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Which partitions of an internal topic this node coordinates with: those whose lanes it leads. Tells the coordinator
 * of elections and resignations, with numbers that strictly rise, and knows for each load of a partition in whose name
 * it is. Any thread may call.
 *
 * <p>Kafka's runtime takes elections and resignations as events of a queue and calls the loader when it comes to them,
 * without saying for which election. It comes to them in order, so that is the oldest one not loaded yet; a load beyond
 * them is a reload of the last one.
 */
final class Tenures {
    private final String topic;
    private final Coordinator coordinator;
    private final Map<Integer, Slot> slots = new HashMap<>();
    private TopicInfo known;
    private int lastNumber;

    /** Hears of elections and resignations; only queues them. */
    interface Coordinator {
        void onElection(int partition, int number);

        void onResignation(int partition, OptionalInt number);
    }

    private static final class Slot {
        final ArrayDeque<Tenure> notLoaded = new ArrayDeque<>();
        Tenure newest;
        Tenure loading;
        Tenure active;
    }

    Tenures(final String topic, final Coordinator coordinator) {
        this.topic = topic;
        this.coordinator = coordinator;
    }

    /** Makes elections and resignations follow the metadata. */
    synchronized void follow(final ClusterImage image) {
        final TopicInfo now = image.topic(topic);
        if (now == known) {
            return;
        }
        known = now;
        follow(image.nodeId(), now == null ? List.of() : now.partitions());
    }

    /** Makes elections and resignations follow the partitions of the topic, as the metadata have them. */
    synchronized void follow(final int nodeId, final List<PartitionInfo> partitions) {
        partitions.forEach(partition -> follow(nodeId, partition));
        slots.keySet().stream()
                .filter(number -> partitions.stream().noneMatch(partition -> partition.partition() == number))
                .forEach(this::resign);
    }

    private void follow(final int nodeId, final PartitionInfo partition) {
        final Slot slot = slots.computeIfAbsent(partition.partition(), number -> new Slot());
        final boolean leads = partition.leader() == nodeId;
        final boolean isSame = slot.newest != null
                && slot.newest.partition().partitionIndex() == partition.partitionIndex()
                && slot.newest.leaderEpoch() == partition.leaderEpoch();
        if (!leads || !isSame) {
            resign(partition.partition());
        }
        if (leads && !isSame) {
            elect(partition);
        }
    }

    private void elect(final PartitionInfo partition) {
        final Slot slot = slots.get(partition.partition());
        slot.newest = new Tenure(++lastNumber, partition);
        slot.notLoaded.add(slot.newest);
        coordinator.onElection(partition.partition(), slot.newest.number());
    }

    private void resign(final int partition) {
        final Slot slot = slots.get(partition);
        if (slot.newest != null) {
            slot.newest.end();
            slot.newest = null;
            coordinator.onResignation(partition, OptionalInt.of(++lastNumber));
        }
    }

    /** Begins a tenure anew whose load has failed, unless it is over. */
    synchronized void again(final Tenure failed) {
        final int partition = failed.partition().partition();
        if (slots.get(partition).newest == failed) {
            resign(partition);
            elect(failed.partition());
        }
    }

    /** A load of the partition begins: in whose name; null for nobody's. */
    synchronized Tenure beginLoad(final int partition) {
        final Slot slot = slots.get(partition);
        if (slot == null) {
            return null;
        }
        final Tenure elected = slot.notLoaded.poll();
        if (elected != null) {
            slot.loading = elected;
        }
        slot.active = null;
        return slot.loading;
    }

    /**
     * All that precedes the tenure is loaded: from now on batches are written in its name.
     *
     * @param onLoaded runs unless the tenure is over, which it does not get meanwhile: only queues something.
     */
    synchronized void loaded(final Tenure tenure, final Runnable onLoaded) {
        if (!tenure.isOver()) {
            slots.get(tenure.partition().partition()).active = tenure;
            onLoaded.run();
        }
    }

    /**
     * A load failed.
     *
     * @param onFailed runs unless the tenure is over, which it does not get meanwhile: only queues something.
     * @return whether it ran.
     */
    synchronized boolean failed(final Tenure tenure, final Runnable onFailed) {
        if (tenure.isOver()) {
            return false;
        }
        onFailed.run();
        return true;
    }

    /** In whose name is written to the partition now; null for nobody's. */
    synchronized Tenure active(final int partition) {
        final Slot slot = slots.get(partition);
        return slot == null || slot.active == null || slot.active.isOver() ? null : slot.active;
    }

    /** Partitions that are written to now. */
    synchronized int activeCount() {
        return (int) slots.keySet().stream()
                .filter(partition -> active(partition) != null)
                .count();
    }

    /** Partitions that this node is elected for. */
    synchronized int electedCount() {
        return (int) slots.values().stream().filter(slot -> slot.newest != null).count();
    }
}
