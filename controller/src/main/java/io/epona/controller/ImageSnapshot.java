package io.epona.controller;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.image.writer.ImageWriter;
import org.apache.kafka.image.writer.ImageWriterOptions;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/** Writes an image as the shortest list of records that make it. */
final class ImageSnapshot {
    private ImageSnapshot() {}

    /** For the log of a cell of one, whose lanes are as configured. */
    static List<MetadataRecord> recordsOf(ClusterImage image) {
        List<MetadataRecord> records = new ArrayList<>();
        records.add(new MetadataRecord.Identity(image.identity()));
        addCommon(image, records);
        return records;
    }

    /** For a cell: nothing in it belongs to one node. One that has not begun is empty but for its version. */
    static List<MetadataRecord> recordsOfCell(ClusterImage image) {
        if (image.lanes().isEmpty()) {
            return List.of(new MetadataRecord.Version(image.version()));
        }
        List<MetadataRecord> records = new ArrayList<>();
        records.add(new MetadataRecord.Identity(new ClusterIdentity(image.clusterUuid(), ClusterIdentity.EVERY_NODE)));
        records.add(new MetadataRecord.Version(image.version()));
        image.lanes().forEach(lane -> records.add(new MetadataRecord.Lane(lane)));
        addCommon(image, records);
        return records;
    }

    private static void addCommon(ClusterImage image, List<MetadataRecord> records) {
        records.add(new MetadataRecord.PlacementLimit(image.partitionIndexLimit()));
        image.topicMaps().deletedIds().forEach(topicId -> records.add(new MetadataRecord.DeletedTopic(topicId)));
        image.cell().nodes().values().forEach(node -> records.add(new MetadataRecord.Node(node)));
        ImageWriter writer = new ImageWriter() {
            @Override
            public void write(ApiMessageAndVersion record) {
                records.add(new MetadataRecord.Kafka(record));
            }

            @Override
            public void close(boolean complete) {
                // the list is all there is
            }
        };
        image.kafkaImage().write(writer, new ImageWriterOptions.Builder(image.kafkaImage()).build());
        image.forEachPartition(partition -> records.add(new MetadataRecord.Placement(
                partition.topicId(), partition.partition(), partition.partitionIndex(), partition.laneId())));
    }
}
