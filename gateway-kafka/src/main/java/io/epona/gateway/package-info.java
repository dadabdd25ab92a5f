/**
 * The Kafka protocol: connections, framing, dispatch, and the data path from a produce request to a lane and from a
 * lane's log ring to a fetch response.
 */
package io.epona.gateway;
