/** What a gateway thread knows of the lanes' logs: which committed frames are in memory, and how far partitions go. */
package io.epona.gateway.log;
