package io.epona.controller;

import org.apache.kafka.common.Uuid;

/**
 * Who submitted a command.
 *
 * @param nodeId the node.
 * @param incarnationId the node's start.
 * @param correlationId names the command among those of the incarnation.
 */
record Origin(int nodeId, Uuid incarnationId, long correlationId) {}
