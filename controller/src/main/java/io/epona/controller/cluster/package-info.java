/**
 * The control log of a cell on Aeron Cluster: archive, consensus module and clustered service embedded in each node,
 * over the node's media driver. Nothing outside this package sees Aeron Cluster.
 */
package io.epona.controller.cluster;
