package io.epona.controller;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.image.writer.ImageWriter;
import org.apache.kafka.image.writer.ImageWriterOptions;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/** Writes an image as the shortest list of records that make it. */
final class ImageSnapshot {
    private ImageSnapshot() {}

    static List<MetadataRecord> recordsOf(ClusterImage image) {
        List<MetadataRecord> records = new ArrayList<>();
        records.add(new MetadataRecord.Identity(image.identity()));
        records.add(new MetadataRecord.PlacementLimit(image.partitionIndexLimit()));
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
        return records;
    }
}
