package io.epona.controller;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The controller of a cell of one. For each command: decide on records, make them durable in the metadata log, fold
 * them into the next image, publish it (one volatile write).
 */
public final class LocalController extends CellController {
    private static final Logger LOG = LoggerFactory.getLogger(LocalController.class);

    private LocalController(
            ControllerConfig config,
            ControllerContext context,
            TopicConfigs topicConfigs,
            LocalControlLog log,
            ClusterImage image) {
        super(config, context, topicConfigs, log, log, image);
    }

    /**
     * Opens the metadata log, making a new cluster when there is none, and loads the image.
     *
     * @param config where and for whom.
     * @param context thread, ids and fatal handler.
     * @return the controller; its image has all that was acknowledged before.
     * @throws MetadataLogException when the log is damaged, in use, of another node or does not fit the configuration.
     */
    public static LocalController open(ControllerConfig config, ControllerContext context) {
        return open(config, context, MetadataFile::open);
    }

    static LocalController open(ControllerConfig config, ControllerContext context, MetadataFile.Opener opener) {
        TopicConfigs topicConfigs = new TopicConfigs(config.topicDefaults().configs());
        MetadataLog log = MetadataLog.open(config.directory(), opener);
        try {
            ClusterImage image = MetadataRecovery.recover(log, config, topicConfigs, context.randomIds());
            LOG.info("metadata loaded: image={}, logLength={}", image, log.length());
            LocalControlLog controlLog = new LocalControlLog(config.nodeId(), log, context.executor());
            return new LocalController(config, context, topicConfigs, controlLog, image);
        } catch (RuntimeException | Error e) {
            log.close();
            throw e;
        }
    }
}
