/** Whole cells of real processes under real Kafka clients: killed, paused, cut off, emptied, and everything checked. */
package io.epona.systemtests.cell.live;
