package io.epona.controller;

import org.apache.kafka.common.Uuid;

/**
 * Whose metadata a log holds.
 *
 * @param clusterId made at random when the log is made.
 * @param nodeId the node that the log belongs to.
 */
record ClusterIdentity(Uuid clusterId, int nodeId) {}
