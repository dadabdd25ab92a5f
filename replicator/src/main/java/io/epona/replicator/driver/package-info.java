/**
 * The media driver that carries a node's messages, embedded in its process: launched from a configuration, with a way
 * of waiting that costs little and wakes at once when a datagram or a publisher comes.
 */
package io.epona.replicator.driver;
