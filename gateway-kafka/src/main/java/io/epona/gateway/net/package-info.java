/** Connections of one gateway thread: event loop, framing, the state of each connection, responses, timers. */
package io.epona.gateway.net;
