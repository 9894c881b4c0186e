package httpapi

// FeedEvery is the feed with another heart-beat.
var FeedEvery = feedEvery
