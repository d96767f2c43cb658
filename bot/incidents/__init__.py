"""Incidents: what fails is one alert per cause, and on-call's pagers are told of it."""
