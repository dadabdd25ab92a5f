/**
 * How a node gets a lane's copy that its leader's journal does not reach back to: from the leader's partition logs and
 * a checkpoint, over TCP.
 */
package io.epona.node.install;
