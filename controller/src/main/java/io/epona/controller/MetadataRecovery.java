package io.epona.controller;

import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings a node's metadata back at its start: load or begin, fold, check, rewrite when it grew long. */
final class MetadataRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(MetadataRecovery.class);

    private MetadataRecovery() {}

    /**
     * Recovers the image.
     *
     * @param log opened and neither loaded nor written yet.
     */
    static ClusterImage recover(
            MetadataLog log, ControllerConfig config, TopicConfigs topicConfigs, Supplier<Uuid> randomIds) {
        try {
            if (!log.exists()) {
                ClusterIdentity identity = new ClusterIdentity(randomIds.get(), config.nodeId());
                List<MetadataRecord> records = LaneDecisions.bootstrap(identity);
                log.rewrite(records);
                return new ImageFold(empty(config), topicConfigs)
                        .applyAll(records)
                        .build(log.lastIndex());
            }
            ImageFold fold = new ImageFold(empty(config), topicConfigs);
            log.load(fold::applyAll);
            ClusterImage image = fold.build(log.lastIndex());
            requireFitting(image, config);
            return compactIfWorthIt(log, image, config, topicConfigs);
        } catch (IOException e) {
            throw new MetadataLogException(
                    "metadata log cannot be written: directory=" + config.directory()
                            + "; check the device and its free space",
                    e);
        }
    }

    private static void requireFitting(ClusterImage image, ControllerConfig config) {
        if (image.nodeId() != config.nodeId()) {
            throw new MetadataLogException("metadata belongs to another node: directory=" + config.directory()
                    + ", nodeId=" + image.nodeId() + ", configured=" + config.nodeId()
                    + "; set the node id back, or use the directory of this node");
        }
    }

    private static ClusterImage empty(ControllerConfig config) {
        return ImageFold.empty(
                config.nodeId(), CellState.ofOneNode(config.nodeId(), config.laneCount(), config.leaderEpoch()));
    }

    private static ClusterImage compactIfWorthIt(
            MetadataLog log, ClusterImage image, ControllerConfig config, TopicConfigs topicConfigs)
            throws IOException {
        if (log.length() < config.compactionLength()) {
            return image;
        }
        List<MetadataRecord> snapshot = ImageSnapshot.recordsOf(image);
        long compactedLength = MetadataEntryCodec.groupLength(snapshot);
        if (compactedLength > log.length() / 2) {
            return image;
        }
        LOG.info("metadata log is rewritten: length={}, compactedLength={}", log.length(), compactedLength);
        log.rewrite(snapshot);
        return new ImageFold(empty(config), topicConfigs).applyAll(snapshot).build(log.lastIndex());
    }
}
