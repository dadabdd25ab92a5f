package io.epona.node;

import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionInfo;
import io.epona.controller.TopicInfo;
import io.epona.partitionlog.PartitionDescription;
import io.epona.partitionlog.PartitionDirectory;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;

/**
 * The partitions that exist, for the partition logs. Any thread.
 *
 * @param images gives the newest image
 */
public record LogDirectoryView(Supplier<ClusterImage> images) implements PartitionDirectory {
    @Override
    public PartitionDescription partition(final int partitionIndex) {
        final ClusterImage image = images.get();
        final PartitionInfo partition = image.partition(partitionIndex);
        if (partition == null) {
            return null;
        }
        final TopicInfo topic = image.topic(partition.topicId());
        if (topic == null) {
            return null;
        }
        return new PartitionDescription(
                partitionIndex, partition.topic(), partition.partition(), partition.topicId(), topic.config());
    }

    @Override
    public int partitionIndex(final String topic, final int partition) {
        final PartitionInfo found = images.get().partition(topic, partition);
        return found == null ? -1 : found.partitionIndex();
    }

    @Override
    public void forEachCompacted(final IntConsumer consumer) {
        images.get().topics().stream()
                .filter(topic -> topic.config().compact)
                .flatMap(topic -> topic.partitions().stream())
                .forEach(partition -> consumer.accept(partition.partitionIndex()));
    }

    @Override
    public boolean wasDeleted(final Uuid topicId) {
        return images.get().wasDeleted(topicId);
    }

    @Override
    public int announcedLimit() {
        return images.get().partitionIndexLimit();
    }
}
