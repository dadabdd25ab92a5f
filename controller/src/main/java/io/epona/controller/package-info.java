/**
 * Cluster metadata: topics, partitions and the lanes that carry them, configurations, blocks of producer ids.
 *
 * <p>{@link io.epona.controller.ClusterController} takes the commands that change it,
 * {@link io.epona.controller.ClusterImage} is what everybody reads. Decisions are pure functions that make records; the
 * records, once durable in the metadata log, make the next image.
 */
package io.epona.controller;
