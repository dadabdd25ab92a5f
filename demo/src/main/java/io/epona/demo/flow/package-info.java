/** Order flow: events read from LOBSTER message files or made from a seed, and when each of them is due. */
package io.epona.demo.flow;
