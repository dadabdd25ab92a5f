/** Questions about offsets: by timestamp, by leader epoch, first and last. */
package io.epona.gateway.offsets;
