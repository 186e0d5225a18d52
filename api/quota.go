package api

// Quota limits how many objects a project may have.
type Quota struct {
	ProjectID string       `json:"project_id"`
	Limits    map[Kind]int `json:"limits"` // −1: any number, as for kinds that are not in it
}

// Ref implements Object.
func (q *Quota) Ref() Ref { return Ref{KindQuota, QuotaID(q.ProjectID)} }

// QuotaID is the id of a project's quota. It is never empty: objects may belong to no project.
func QuotaID(project string) string { return "@" + project }
