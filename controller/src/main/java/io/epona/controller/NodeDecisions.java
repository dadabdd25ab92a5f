package io.epona.controller;

import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.UnknownServerException;
import org.apache.kafka.common.metadata.FeatureLevelRecord;
import org.apache.kafka.common.metadata.ProducerIdsRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord.BrokerEndpoint;
import org.apache.kafka.common.metadata.RegisterBrokerRecord.BrokerEndpointCollection;
import org.apache.kafka.common.metadata.RegisterBrokerRecord.BrokerFeature;
import org.apache.kafka.common.metadata.RegisterBrokerRecord.BrokerFeatureCollection;
import org.apache.kafka.server.common.MetadataVersion;
import org.apache.kafka.server.common.ProducerIdsBlock;

/** Decides about what belongs to a node: the cluster's beginning, registrations, producer ids. Pure functions. */
final class NodeDecisions {
    private NodeDecisions() {}

    /** The first records of a new cluster. */
    static List<MetadataRecord> bootstrap(ClusterIdentity identity) {
        return List.of(
                new MetadataRecord.Identity(identity),
                MetadataRecord.kafka(
                        new FeatureLevelRecord()
                                .setName(MetadataVersion.FEATURE_NAME)
                                .setFeatureLevel(
                                        MetadataVersion.latestProduction().featureLevel()),
                        (short) 0));
    }

    /** Takes the next block of producer ids, for the node itself. */
    static Decision<ProducerIdsBlock> allocateProducerIds(ClusterImage image) {
        long first = Math.max(0, image.kafkaImage().producerIds().nextProducerId());
        if (first > Long.MAX_VALUE - ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE) {
            throw new UnknownServerException("All producer ids are used up: next=" + first);
        }
        ProducerIdsBlock block = new ProducerIdsBlock(image.nodeId(), first, ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE);
        BrokerInfo broker = image.broker(image.nodeId());
        ProducerIdsRecord record = new ProducerIdsRecord()
                .setBrokerId(image.nodeId())
                .setBrokerEpoch(broker == null ? -1 : broker.epoch())
                .setNextProducerId(block.nextBlockFirstId());
        return new Decision<>(List.of(MetadataRecord.kafka(record, (short) 0)), block);
    }

    /**
     * Registers the node, once per start.
     *
     * @param incarnationId random, new with each start.
     */
    static Decision<Void> register(ClusterImage image, BrokerRegistration registration, Uuid incarnationId) {
        MetadataVersion version = image.kafkaImage().features().metadataVersionOrThrow();
        BrokerEndpointCollection endpoints = new BrokerEndpointCollection();
        for (Endpoint endpoint : registration.endpoints()) {
            endpoints.add(new BrokerEndpoint()
                    .setName(endpoint.listener())
                    .setHost(endpoint.host())
                    .setPort(endpoint.port())
                    .setSecurityProtocol(endpoint.protocol().id));
        }
        BrokerFeatureCollection features = new BrokerFeatureCollection();
        features.add(new BrokerFeature()
                .setName(MetadataVersion.FEATURE_NAME)
                .setMinSupportedVersion(MetadataVersion.MINIMUM_VERSION.featureLevel())
                .setMaxSupportedVersion(MetadataVersion.latestProduction().featureLevel()));
        BrokerInfo before = image.broker(image.nodeId());
        RegisterBrokerRecord record = new RegisterBrokerRecord()
                .setBrokerId(image.nodeId())
                .setIncarnationId(incarnationId)
                .setBrokerEpoch(1 + Math.max(image.version(), before == null ? -1 : before.epoch()))
                .setEndPoints(endpoints)
                .setFeatures(features)
                .setRack(registration.rack())
                .setFenced(false)
                .setInControlledShutdown(false);
        return new Decision<>(List.of(MetadataRecord.kafka(record, version.registerBrokerRecordVersion())), null);
    }
}
