package io.epona.controller;

import org.apache.kafka.common.Uuid;

/**
 * Whose metadata a log holds.
 *
 * @param clusterId made at random when the log is made.
 * @param nodeId the node that the log belongs to; {@link #EVERY_NODE} in what all nodes of a cell share.
 */
record ClusterIdentity(Uuid clusterId, int nodeId) {
    static final int EVERY_NODE = -1;
}
