package io.epona.node;

import io.epona.controller.ClusterController;
import io.epona.controller.PartitionInfo;
import io.epona.controller.TopicInfo;
import io.epona.partitionlog.PartitionDescription;
import io.epona.partitionlog.PartitionDirectory;

/** The partitions that exist, for the partition logs: read from the controller's newest image. Any thread. */
record LogDirectoryView(ClusterController controller) implements PartitionDirectory {
    @Override
    public PartitionDescription partition(final int partitionIndex) {
        final PartitionInfo partition = controller.image().partition(partitionIndex);
        if (partition == null) {
            return null;
        }
        final TopicInfo topic = controller.image().topic(partition.topicId());
        if (topic == null) {
            return null;
        }
        return new PartitionDescription(
                partitionIndex, partition.topic(), partition.partition(), partition.topicId(), topic.config());
    }

    @Override
    public int partitionIndex(final String topic, final int partition) {
        final PartitionInfo found = controller.image().partition(topic, partition);
        return found == null ? -1 : found.partitionIndex();
    }
}
